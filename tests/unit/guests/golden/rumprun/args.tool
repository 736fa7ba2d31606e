# rumprun kvm bin/nginx -c /etc/nginx/conf/nginx.conf
 {, 
	"cmdline": "bin/nginx -c /etc/nginx/conf/nginx.conf", 
}, 
