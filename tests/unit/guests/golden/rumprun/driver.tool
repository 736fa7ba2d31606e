# rumprun kvm -I web,wm -W web,inet,dhcp nginx
 {, 
	"net" :  {, 
		"if":		"wm0", 
		"type":	"inet", 
		"method":	"dhcp", 
	}, 
	"cmdline": "nginx", 
}, 
